"""Which operations run in bfloat16."""

import unittest

import numpy
import torch
from unblur_torch.onnx_file import Graph, Node
from unblur_torch.precision import use_bfloat16

CPU = torch.device("cpu")


def graph_of(*nodes, constants=("box",), inputs=("image", "other")):
    return Graph(
        [Node(operator, reads, (made,)) for operator, reads, made in nodes],
        {name: numpy.zeros((1, 1, 1, 1), numpy.float32) for name in constants},
        {name: (1, 1, 8, 8) for name in inputs},
        {nodes[-1][2]: (1, 1, 8, 8)},
    )


class Precision(unittest.TestCase):
    def low(self, graph, weights):
        """The weights that are read in bfloat16, and what products of matrices read, conversions included."""
        shapes = {name: (2, 2, 3, 3) for name in weights}
        converted, low_weights = use_bfloat16(graph, shapes, CPU)
        products = [node for node in converted.nodes if node.operator == "MatMul"]
        return low_weights, [name for node in products for name in node.inputs]

    def test_what_makes_coordinates_keeps_its_precision(self):
        graph = graph_of(
            ("Conv", ("image", "motion"), "flow"),
            ("GridSample", ("image", "flow"), "moved"),
            ("Conv", ("moved", "restore"), "restored"),
        )
        self.assertEqual(self.low(graph, ["motion", "restore"])[0], {"restore"})

    def test_through_filters_that_are_constants_too(self):
        graph = graph_of(
            ("MatMul", ("image", "other"), "fits"),
            ("Conv", ("fits", "box"), "flow"),
            ("GridSample", ("image", "flow"), "moved"),
        )
        self.assertEqual(self.low(graph, []), (set(), ["image", "other"]))

    def test_but_not_what_makes_the_images_by_which_they_are_found(self):
        graph = graph_of(
            ("Conv", ("image", "restore"), "restored"),
            ("StopGradient", ("restored",), "given"),
            ("Sub", ("given", "other"), "flow"),
            ("GridSample", ("restored", "flow"), "moved"),
        )
        self.assertEqual(self.low(graph, ["restore"])[0], {"restore"})

    def test_nor_on_a_processor_what_has_an_odd_number_of_channels(self):
        graph = graph_of(
            ("Conv", ("image", "even"), "feature"),
            ("Conv", ("feature", "odd"), "restored"),
        )
        shapes = {"even": (4, 1, 3, 3), "odd": (3, 4, 3, 3)}
        self.assertEqual(use_bfloat16(graph, shapes, CPU)[1], {"even"})
        self.assertEqual(use_bfloat16(graph, shapes, torch.device("cuda"))[1], {"even", "odd"})


if __name__ == "__main__":
    unittest.main()
