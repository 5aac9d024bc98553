"""Tests of the ways in: what goes over HTTP."""
