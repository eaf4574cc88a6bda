"""Count an ONNX file: walk its graph once, and record each node as an op with its cost. Nothing is run, no torch."""
