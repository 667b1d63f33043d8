"""Reports: submission, evidence, screening, notice, publication, and every way a report ends."""
