"""Who has which resource, and when: one reservation path for every entrance."""
