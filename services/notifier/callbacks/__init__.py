"""The loops that carry callbacks to stations and look after what is stored of them."""
