"""Official accounts and mini-program customer service: pushes in, replies out."""
