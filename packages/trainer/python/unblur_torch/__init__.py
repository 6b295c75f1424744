"""The PyTorch engine of @unblur/trainer: interprets a traced graph, differentiates it, and trains its
weights.
"""
