"""Attacks: what somebody would try, and what comes of it. docs/security.md lists these and the others."""
