"""The photometric loss of packages/trainer/src/systems/photo/photo-loss.ts, by hand in PyTorch."""

import torch


def photometric_total(frames, gt, loss_config):
    """The weighted mean over the frames of log(mean squared error + epsilon), per sample in the order or its
    reverse, whichever is better; mean over the batch.

    frames, gt: [B, N, 3, H, W] in time order.
    """
    if loss_config["motion"] != 0:
        raise ValueError(
            "Expected a loss without 'motion', which the benchmark does not have, but its weight is "
            f"{loss_config['motion']}."
        )
    frame_weights = gt.new_tensor(loss_config["frameWeights"])
    frame_weights = frame_weights / frame_weights.sum()

    def loss_against(true_frames):
        return (
            (frames - true_frames).square().mean((2, 3, 4)) + loss_config["epsilon"]
        ).log() @ frame_weights

    return torch.minimum(loss_against(gt), loss_against(gt.flip(1))).mean()
