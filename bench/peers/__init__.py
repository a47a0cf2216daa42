"""What Reel is measured beside: other libraries by their public classes, and the bare limits."""
