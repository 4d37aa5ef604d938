"""Two invented agencies with clients from many countries, the same in every installation.

People, firms and addresses are made up; mail goes nowhere (.example), phones to numbers that
regulators keep free for fiction.
"""
