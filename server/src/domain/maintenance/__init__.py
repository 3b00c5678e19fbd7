"""What is wrong with resources. A problem that blocks use takes its resource down."""
