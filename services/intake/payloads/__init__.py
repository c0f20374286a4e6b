"""The bodies of requests and answers: their form, checked before anything else looks at them."""
