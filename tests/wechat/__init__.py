"""The wire format, tested against forged, damaged and genuine pushes and a fake WeChat."""
