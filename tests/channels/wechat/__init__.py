"""The WeChat channels, as their users, WeChat itself and their operators see them."""
