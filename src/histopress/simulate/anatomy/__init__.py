"""What lies where on a phantom slide: the coarse truth that the pixels are drawn from."""
