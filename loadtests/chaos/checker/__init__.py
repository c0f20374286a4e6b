"""Says what is wrong once all is quiet, from what clients saw and what the product kept."""
