"""Runs ONNX's own checker, shape inference included, over the graphs named as arguments, and prints what each is."""

import json
import sys

import onnx

said = []
for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    said.append(
        {
            "ir_version": model.ir_version,
            "opsets": {each.domain: each.version for each in model.opset_import},
            "inputs": {each.name: each.type.tensor_type.elem_type for each in model.graph.input},
            "outputs": {each.name: each.type.tensor_type.elem_type for each in model.graph.output},
        }
    )
json.dump(said, sys.stdout)
