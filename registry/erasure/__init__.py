"""What a person may ask beyond a dispute: that a report be erased, or that nobody be shown it for their own reasons."""
