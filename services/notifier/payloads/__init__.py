"""What the notifier answers over HTTP, as documents."""
