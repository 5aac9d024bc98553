"""The operator's desk: pages under ``/admin`` for whoever runs the bot."""
