"""Measurements that the documentation quotes; each prints its figures and how it got them."""
