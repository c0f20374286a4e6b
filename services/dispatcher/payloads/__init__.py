"""What the dispatcher tells and takes over HTTP and SSE."""
