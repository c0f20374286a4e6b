"""What the address of a gateway holds in the place of a person's."""

PLACEHOLDER = "{address}"
