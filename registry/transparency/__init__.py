"""What the registry tells the public about itself: counts of whole months, and of nobody in particular."""
