"""Exported programs of torch, run step by step under the modules that their steps come from."""
