"""The photometric loss of packages/trainer/src/losses, by hand in PyTorch."""

import torch

from blur_to_video import halve

LOG_EPSILON = 1e-3
CHARBONNIER_EPSILON = 1e-3


def photometric_total(decoded, gt, network_config, loss_config):
    """
    The mean over the batch of the multi-scale photometric loss, in the better order where the config asks for it.

    decoded: what the network returns; gt: [B, N, 3, H, W] in time order.
    """
    refuse_other_terms(loss_config)
    frame_weights = loss_config["frameWeights"]
    if frame_weights == "equal":
        frame_weights = [1] * gt.shape[1]
    frame_weights = gt.new_tensor(frame_weights) / sum(frame_weights)
    forward = backward = 0
    gt_at_level = gt
    for level, level_weight in enumerate(loss_config["levelWeights"]):
        if level > 0:
            gt_at_level = halve(gt_at_level.flatten(0, 1)).unflatten(0, gt.shape[:2])
        if level_weight == 0:
            continue
        restored = torch.stack([image_at(frame.images, level) for frame in decoded], 1)
        forward = forward + level_weight * (image_distance(restored, gt_at_level, loss_config["norm"]) @ frame_weights)
        if loss_config["order"] == "better":
            backward = backward + level_weight * (image_distance(restored, gt_at_level.flip(1), loss_config["norm"]) @ frame_weights)
    return (torch.minimum(forward, backward) if loss_config["order"] == "better" else forward).mean()


def image_at(images, level):
    """A decoder whose finest level is 1 makes the image of level 0 there; that of level 1 is its mean."""
    return images[level] if level in images else halve(images[level - 1])


def image_distance(restored, gt, norm):
    error = restored - gt
    if norm == "charbonnier":
        return (error.square() + CHARBONNIER_EPSILON**2).sqrt().mean((2, 3, 4))
    distance = error.abs().mean((2, 3, 4))
    return (distance + LOG_EPSILON).log() if norm == "log-l1" else distance


def refuse_other_terms(loss_config):
    for term in ("motion", "transformationConsistency", "symmetricPenalty"):
        if loss_config[term] != 0:
            raise ValueError(f"Expected a loss without '{term}', which the benchmark does not have, but its weight is {loss_config[term]}.")
