"""How the product is run elsewhere: compose file, image, monitoring."""
