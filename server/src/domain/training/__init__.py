"""Who is qualified for what, and who asks to be. Checked at booking and again at check-in."""
