"""Keeps any accent colour readable. Source: WCAG 2.2, contrast ratio and relative luminance."""

WHITE = "#ffffff"
BLACK = "#000000"
# What level AA asks of text in a normal size.
ENOUGH = 4.5
_STEPS = 20


def contrast(one: str, other: str) -> float:
    """From 1 for the same colour to 21 for black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(background: str) -> str:
    """Black or white, whichever reads better; one of them always reaches ENOUGH."""
    return max((WHITE, BLACK), key=lambda text: contrast(text, background))


def readable(colour: str, *, on: str) -> str:
    """The colour itself where it reads well on `on`, else the nearest darker or lighter one."""
    goal = text_on(on)
    mixed = (_mix(colour, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next((found for found in mixed if contrast(found, on) >= ENOUGH), goal)


def _channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: str, goal: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(goal), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
