"""Who must agree before something happens: rules, steps, seats, votes and who stands in.

Knows nothing of what is decided: whoever asks registers what follows (`approvals.subjects`).
"""
