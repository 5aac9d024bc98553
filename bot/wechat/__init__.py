"""WeChat's wire format: pushes in, replies out, and the customer-message API."""
