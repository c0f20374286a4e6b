"""Who is told what, when and by which way: planned without touching the world."""
