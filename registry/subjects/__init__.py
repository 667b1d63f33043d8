"""Who a reported person is: proof of control of what was reported, before anything is revealed."""
