"""A Python that lacks a package is told so in one line."""

import os
import subprocess
import sys
import unittest

# The import system takes a module that is None for one that is not there.
PROGRAM = (
    "import runpy, sys; sys.modules.update({name: None for name in sys.argv[1:]}); "
    "sys.argv = ['device_command', 'archive', 'out']; "
    "runpy.run_module('unblur_torch.device_command', run_name='__main__')"
)


class RequiredPackagesTest(unittest.TestCase):
    def test_the_missing_ones_and_where_to_name_another_python_are_said(self):
        for missing, said in (
            (["torch"], "has no torch;"),
            (["numpy"], "has no numpy;"),
            (["torch", "numpy"], "has no torch and no numpy;"),
        ):
            ended = subprocess.run(
                [sys.executable, "-c", PROGRAM, *missing],
                # Where the tests are run from does not matter.
                cwd=os.path.dirname(os.path.abspath(__file__)),
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
            self.assertEqual(ended.returncode, 1)
            self.assertIn(said, ended.stderr)
            self.assertIn("set PYTHON to an interpreter", ended.stderr)
            self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
