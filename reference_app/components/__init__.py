"""The parts that are deployed side by side. None imports another: they share services, and meet in the queue."""
