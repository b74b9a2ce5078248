"""A street: the camera pans along a row of houses, cars and people pass on their own."""

from __future__ import annotations

from dataclasses import dataclass

from g2gbench.sources.canvas import Canvas, Colour
from g2gbench.sources.layers import Layer, Step
from g2gbench.sources.sprite import Backdrop, Sprite, quarters
from g2gbench.sources.texture import Dice, octaves, there_and_back

PAN_PERIOD_S = 48.0
DRAWN_HEIGHT = 624  # lengths below are pixels at this height

_WALLS: tuple[Colour, ...] = (
    (104, 116, 148),
    (158, 114, 138),
    (132, 126, 129),
    (112, 134, 122),
    (182, 114, 133),
    (90, 122, 138),
    (146, 122, 122),
)
_PAINTS: tuple[Colour, ...] = (
    (86, 104, 190),
    (74, 170, 108),
    (196, 128, 128),
    (52, 128, 128),
    (150, 96, 140),
    (120, 120, 112),
)
_COATS: tuple[Colour, ...] = (
    (70, 140, 124),
    (120, 112, 162),
    (160, 118, 132),
    (58, 126, 134),
    (96, 150, 112),
    (140, 104, 120),
)
_GLASS: Colour = (54, 136, 122)
_LIT: Colour = (176, 104, 144)
_LEAVES: Colour = (78, 114, 112)
_DARK: Colour = (36, 128, 128)
_SKIN: Colour = (150, 112, 150)

_CAR_WIDTH, _CAR_HEIGHT = 236, 92
_WALKER_WIDTH, _WALKER_HEIGHT = 56, 132
_GAITS = 4


@dataclass(frozen=True, slots=True)
class _Traveller:
    """A figure that crosses the whole scene at its own pace and begins again out of sight."""

    looks: tuple[int, ...]  # layers, taken in turn
    looks_per_s: float
    width: int
    top: int
    start: int  # pixels into its way
    speed: float  # pixels a second, negative to the left

    def step(self, time_s: float, scene_width: int, window: int) -> Step:
        way = scene_width + 2 * self.width
        x = quarters((self.start + self.speed * time_s) % way - self.width) - window
        look = self.looks[int(time_s * self.looks_per_s) % len(self.looks)]
        return Step(look, x, self.top * 4)


class Street:
    """The scene for one frame size and one seed; twice as wide as the frame."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._height = height
        self._pan = width  # pixels between the leftmost and the rightmost view
        self._width = 2 * width
        dice = Dice(seed, 1)
        self.layers: list[Layer] = [Backdrop(self._scene(dice))]
        walkers = [self._walker(dice, index) for index in range(6)]
        cars = [self._car(dice, index) for index in range(5)]
        self._travellers = walkers + sorted(cars, key=lambda car: car.top)

    def steps(self, time_s: float) -> list[Step]:
        """The picture at a time in seconds since the first frame, the lowest layer first."""
        window = quarters(self._pan * there_and_back(time_s / PAN_PERIOD_S))
        figures = [one.step(time_s, self._width, window) for one in self._travellers]
        return [Step(0, window, 0), *figures]

    def _add(self, *canvases: Canvas) -> tuple[int, ...]:
        first = len(self.layers)
        self.layers += map(Sprite, canvases)
        return tuple(range(first, len(self.layers)))

    def _px(self, length: int) -> int:
        return max(1, length * self._height // DRAWN_HEIGHT)

    def _scene(self, dice: Dice) -> Canvas:
        px = self._px
        # One pixel more, which the steps between pixels blend in at the right edge.
        canvas = Canvas(self._width + 2, self._height)
        ground = px(428)
        for row in range(ground):
            canvas.rectangle(0, row, canvas.width, row + 1, (170 + 50 * row // ground, 138, 118))
        clouds = octaves(dice, canvas.height, canvas.width, largest=128, smallest=8)
        canvas.shade(clouds.clip(min=0, out=clouds), 3, 4)
        del clouds  # a field of the whole scene
        canvas.cover[:] = 0  # the textures below are not of the sky
        left = 0
        while left < canvas.width:
            width = px(dice.between(120, 250))
            self._house(canvas, dice, left, width, ground)
            left += width
        canvas.rectangle(0, ground, canvas.width, px(478), (142, 126, 130))
        canvas.rectangle(0, px(474), canvas.width, px(482), (176, 127, 129))
        canvas.rectangle(0, px(482), canvas.width, self._height, (84, 129, 127))
        for dash in range(0, canvas.width, px(130)):
            canvas.rectangle(dash, px(552), dash + px(64), px(557), (190, 127, 129))
        for slab in range(0, canvas.width, px(46)):
            canvas.rectangle(slab, ground, slab + 1, px(474), (120, 127, 129))
        for tree in range(px(90), canvas.width, px(330)):
            self._tree(canvas, dice, tree + px(dice.between(0, 120)), ground + px(16))
        for lamp in range(px(20), canvas.width, px(420)):
            canvas.rectangle(lamp, px(190), lamp + px(6), px(470), _DARK)
            canvas.rectangle(lamp - px(4), px(186), lamp + px(40), px(192), _DARK)
            canvas.ellipse(lamp + px(36), px(196), px(12), px(6), (200, 120, 132))
        surface = octaves(dice, canvas.height, canvas.width, largest=16, smallest=2)
        canvas.shade(surface, 1, 3)
        del surface
        grit = octaves(dice, canvas.height, canvas.width, largest=4, smallest=2)
        canvas.shade(grit, 1, 3)
        return canvas

    def _house(self, canvas: Canvas, dice: Dice, left: int, width: int, ground: int) -> None:
        px = self._px
        wall = _WALLS[dice.between(0, len(_WALLS) - 1)]
        trim: Colour = (min(wall[0] + 36, 220), wall[1], wall[2])
        top = px(dice.between(40, 170))
        canvas.rectangle(left, top, left + width, ground, wall)
        canvas.rectangle(left - px(3), top, left + width + px(3), top + px(10), trim)
        canvas.rectangle(left, top, left + px(3), ground, (wall[0] - 24, wall[1], wall[2]))
        if dice.between(0, 2):
            self._bricks(canvas, left, top + px(10), left + width, ground, wall)
        storey, across = px(dice.between(62, 84)), max(2, width // px(58))
        window_width, window_height = width // (2 * across), storey * 11 // 20
        shop = ground - px(92)
        for floor in range(top + px(26), shop - window_height, storey):
            for column in range(across):
                x = left + (2 * column + 1) * width // (2 * across) - window_width // 2
                glass = _LIT if dice.between(0, 7) == 0 else _GLASS
                bottom = floor + window_height
                canvas.rectangle(
                    x - px(3), floor - px(3), x + window_width + px(3), bottom + px(5), trim
                )
                canvas.rectangle(x, floor, x + window_width, bottom, glass)
                middle = x + window_width // 2
                canvas.rectangle(middle, floor, middle + px(2), bottom, trim)
        awning = _PAINTS[dice.between(0, len(_PAINTS) - 1)]
        canvas.rectangle(left + px(8), shop + px(22), left + width - px(8), ground, _GLASS)
        canvas.rectangle(left + px(4), shop, left + width - px(4), shop + px(26), awning)
        door = left + dice.between(width // 8, width // 2)
        canvas.rectangle(door, shop + px(30), door + px(34), ground, (60, 122, 138))

    def _bricks(
        self, canvas: Canvas, left: int, top: int, right: int, bottom: int, wall: Colour
    ) -> None:
        course, length = max(4, self._px(9)), max(8, self._px(26))
        joint: Colour = (max(wall[0] - 18, 20), wall[1], wall[2])
        for number, y in enumerate(range(top, bottom, course)):
            canvas.rectangle(left, y, right, y + 1, joint)
            for x in range(left + number % 2 * length // 2, right, length):
                canvas.rectangle(x, y, x + 1, min(y + course, bottom), joint)

    def _tree(self, canvas: Canvas, dice: Dice, x: int, foot: int) -> None:
        px = self._px
        canvas.rectangle(x - px(6), foot - px(150), x + px(6), foot, (62, 122, 136))
        for leaves in range(260):
            reach = px(dice.between(4, 74))
            dx, dy = dice.between(-reach, reach), dice.between(-reach, reach)
            light = dice.between(-24, 30)
            radius = px(dice.between(10, 24) if leaves < 40 else dice.between(3, 8))
            colour = (_LEAVES[0] + light, _LEAVES[1], _LEAVES[2])
            canvas.ellipse(x + dx, foot - px(190) + dy, radius, radius, colour)

    def _car(self, dice: Dice, index: int) -> _Traveller:
        px = self._px
        to_the_left = index % 2 == 0
        width, height = px(_CAR_WIDTH), px(_CAR_HEIGHT)
        canvas = Canvas(width + width % 2, height + height % 2)
        paint = _PAINTS[(index + dice.between(0, 1)) % len(_PAINTS)]
        canvas.ellipse(px(112), px(40), px(68), px(34), paint)
        canvas.ellipse(px(112), px(40), px(58), px(26), _GLASS)
        canvas.rectangle(px(108), px(10), px(116), px(44), paint)
        canvas.ellipse(px(44), px(58), px(38), px(20), paint)
        canvas.ellipse(px(190), px(58), px(40), px(18), paint)
        canvas.rectangle(px(24), px(40), px(206), px(74), paint)
        darker: Colour = (max(paint[0] - 28, 20), paint[1], paint[2])
        canvas.rectangle(px(12), px(64), px(224), px(75), darker)
        canvas.rectangle(px(216), px(52), px(228), px(60), (214, 116, 132))
        canvas.rectangle(px(8), px(52), px(16), px(60), (96, 112, 200))
        for wheel in (px(58), px(174)):
            canvas.ellipse(wheel, px(74), px(17), px(17), _DARK)
            canvas.ellipse(wheel, px(74), px(8), px(8), (150, 128, 128))
        if to_the_left:
            for plane in (canvas.y, canvas.u, canvas.v, canvas.cover):
                plane[:] = plane[:, ::-1].copy()
        speed = px(dice.between(110, 190))
        return _Traveller(
            looks=self._add(canvas),
            looks_per_s=0,
            width=canvas.width,
            top=px(470) if to_the_left else px(524),
            start=index * self._width // 5 + px(dice.between(0, 80)),
            speed=-speed if to_the_left else speed,
        )

    def _walker(self, dice: Dice, index: int) -> _Traveller:
        coat = _COATS[index % len(_COATS)]
        looks = self._add(*(self._walking(coat, gait) for gait in range(_GAITS)))
        speed = self._px(dice.between(38, 62))
        return _Traveller(
            looks=looks,
            looks_per_s=6.0,
            width=self._px(_WALKER_WIDTH),
            top=self._px(344 + 4 * (index % 3)),
            start=index * self._width // 6 + self._px(dice.between(0, 160)),
            speed=-speed if index % 2 else speed,
        )

    def _walking(self, coat: Colour, gait: int) -> Canvas:
        px = self._px
        width, height = px(_WALKER_WIDTH), px(_WALKER_HEIGHT)
        canvas = Canvas(width + width % 2, height + height % 2)
        stride = (-9, 0, 9, 0)[gait]
        for side in (-1, 1):
            canvas.ellipse(
                px(28) + side * px(abs(stride)) * (1 if stride >= 0 else -1) // 2,
                px(102),
                px(6),
                px(26),
                (48 + 8 * (side + 1), 130, 126),
            )
        canvas.ellipse(px(28), px(60), px(14), px(32), coat)
        canvas.ellipse(px(28), px(38), px(16), px(12), coat)
        canvas.ellipse(px(28), px(16), px(9), px(12), _SKIN)
        canvas.ellipse(px(28), px(9), px(9), px(7), (44, 124, 134))
        return canvas
