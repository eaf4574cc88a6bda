"""What is really paid: files of networks for other runtimes, and latency on a device."""
