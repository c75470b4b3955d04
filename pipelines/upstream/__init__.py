"""What every source uses: wire format, clock, request budget, request log."""
