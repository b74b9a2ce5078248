"""A person who talks to a still camera: head and shoulders before a blurred room."""

from __future__ import annotations

import numpy as np

from g2gbench.sources.canvas import Canvas, Colour
from g2gbench.sources.layers import Layer, Step
from g2gbench.sources.sprite import Backdrop, Sprite, quarters
from g2gbench.sources.texture import Dice, defocus, octaves, there_and_back

DRAWN_HEIGHT = 624  # lengths below are pixels at this height

_HEAD_WIDTH, _HEAD_HEIGHT = 236, 320
_BODY_WIDTH, _BODY_HEIGHT = 560, 250
_MOUTH_WIDTH, _MOUTH_HEIGHT = 84, 52
_EYES_WIDTH, _EYES_HEIGHT = 136, 30
_OPENINGS, _LIDS = 8, 3
_ROOM, _BODY, _HEAD, _FIRST_LIDS = range(4)  # layers; the mouths follow the lids
_BLINK_S, _BLINK_EVERY_S = 0.24, 4.1

_SKINS: tuple[Colour, ...] = ((168, 112, 150), (128, 112, 152), (96, 116, 148))
_SHIRTS: tuple[Colour, ...] = ((84, 152, 112), (70, 128, 128), (110, 118, 150), (92, 118, 116))
_HAIR: Colour = (42, 124, 134)
_LIPS: Colour = (104, 116, 164)
_INSIDE: Colour = (44, 124, 142)


class TalkingHead:
    """The scene for one frame size and one seed."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._width, self._height = width, height
        dice = Dice(seed, 2)
        self._skin = _SKINS[dice.between(0, len(_SKINS) - 1)]
        mouths = [self._draw_mouth(opening) for opening in range(_OPENINGS)]
        lids = [self._draw_eyes(shut) for shut in range(_LIDS)]
        self.layers: list[Layer] = [
            Backdrop(self._draw_room(dice)),
            Sprite(self._draw_body(dice)),
            Sprite(self._draw_head(dice), moves_down=True),
            *(Sprite(one, moves_down=True) for one in (*lids, *mouths)),
        ]

    def steps(self, time_s: float) -> list[Step]:
        """The picture at a time in seconds since the first frame, the lowest layer first."""
        px = self._px
        # Periods without a common multiple within hours: the figure never repeats itself.
        sway = there_and_back(time_s / 6.1) + there_and_back(time_s / 3.7) / 2
        nod = there_and_back(time_s / 3.1) * there_and_back(time_s / 5.3)
        middle = self._width / 2
        body = quarters(middle - px(_BODY_WIDTH) / 2 + px(9) * sway)
        left = middle - px(_HEAD_WIDTH) / 2 + px(26) * (sway - 0.75)
        top = px(128) + px(14) * nod
        talk = there_and_back(time_s / 0.47) * there_and_back(time_s / 0.83 + 0.3)
        talk *= there_and_back(time_s / 5.9)
        lids = _FIRST_LIDS + self._lid(time_s)
        mouth = _FIRST_LIDS + _LIDS + int(talk * (_OPENINGS - 1) + 0.5)
        return [
            Step(_ROOM, 0, 0),
            Step(_BODY, body, 4 * (self._height - px(_BODY_HEIGHT))),
            Step(_HEAD, quarters(left), quarters(top)),
            Step(lids, quarters(left + px(50)), quarters(top + px(146))),
            Step(mouth, quarters(left + px(76)), quarters(top + px(232))),
        ]

    @staticmethod
    def _lid(time_s: float) -> int:
        """Return how far the eyes are shut, 0..2."""
        into = (time_s + 2.0) % _BLINK_EVERY_S
        return round(2 * there_and_back(into / _BLINK_S)) if into < _BLINK_S else 0

    def _px(self, length: int) -> int:
        return max(1, length * self._height // DRAWN_HEIGHT)

    def _canvas(self, width: int, height: int) -> Canvas:
        wide, tall = self._px(width), self._px(height)
        return Canvas(wide + wide % 2, tall + tall % 2)

    def _draw_room(self, dice: Dice) -> Canvas:
        px = self._px
        canvas = Canvas(self._width + 2, self._height)
        for column in range(canvas.width):
            light = 138 + 44 * column // canvas.width
            canvas.rectangle(column, 0, column + 1, self._height, (light, 122, 133))
        shelf = px(80)
        for board in range(3):
            y = px(70 + 130 * board)
            x = shelf
            while x < self._width * 2 // 5:
                book = px(dice.between(12, 30))
                colour = (dice.between(60, 150), dice.between(112, 142), dice.between(116, 148))
                top = y + px(30) - px(dice.between(60, 90))
                canvas.rectangle(x, top, x + book, y + px(30), colour)
                x += book
            canvas.rectangle(shelf, y + px(30), self._width * 2 // 5, y + px(40), (88, 120, 138))
        window = self._width * 7 // 10
        canvas.rectangle(window, px(50), window + px(230), px(330), (212, 130, 124))
        canvas.rectangle(window + px(112), px(50), window + px(120), px(330), (170, 124, 132))
        canvas.rectangle(window - px(40), px(420), canvas.width, self._height, (104, 122, 136))
        canvas.ellipse(window + px(60), px(390), px(34), px(44), (86, 114, 114))
        # A lens focused on the person leaves the room soft.
        for plane in (canvas.y, canvas.u, canvas.v):
            plane[:] = defocus(plane, px(8))
        return canvas

    def _draw_body(self, dice: Dice) -> Canvas:
        px = self._px
        canvas = self._canvas(_BODY_WIDTH, _BODY_HEIGHT)
        shirt = _SHIRTS[dice.between(0, len(_SHIRTS) - 1)]
        canvas.ellipse(px(280), px(190), px(262), px(140), shirt)
        canvas.rectangle(px(18), px(190), px(542), canvas.height, shirt)
        cloth = octaves(dice, canvas.height, canvas.width, largest=32, smallest=2)
        canvas.shade(cloth, 1, 7)
        shadow: Colour = (self._skin[0] * 4 // 5, self._skin[1], self._skin[2])
        canvas.ellipse(px(280), px(60), px(70), px(52), (max(shirt[0] - 22, 20), *shirt[1:]))
        canvas.ellipse(px(280), px(46), px(58), px(56), shadow)
        canvas.rectangle(px(226), 0, px(334), px(52), shadow)
        return canvas

    def _draw_head(self, dice: Dice) -> Canvas:
        px = self._px
        canvas = self._canvas(_HEAD_WIDTH, _HEAD_HEIGHT)
        skin = self._skin
        canvas.ellipse(px(118), px(120), px(112), px(116), _HAIR)
        for ear in (px(14), px(222)):
            canvas.ellipse(ear, px(176), px(12), px(26), (skin[0] - 10, skin[1], skin[2]))
        canvas.ellipse(px(118), px(178), px(100), px(136), skin)
        canvas.ellipse(px(118), px(64), px(98), px(52), _HAIR)
        for cheek in (px(62), px(174)):
            canvas.ellipse(cheek, px(216), px(22), px(18), (skin[0] - 4, skin[1] - 2, skin[2] + 6))
        for brow in (px(78), px(158)):
            canvas.ellipse(brow, px(136), px(25), px(5), _HAIR)
        canvas.ellipse(px(124), px(196), px(13), px(30), (skin[0] - 8, skin[1], skin[2] + 2))
        canvas.ellipse(px(112), px(190), px(9), px(32), (skin[0] + 8, skin[1], skin[2]))
        canvas.ellipse(px(118), px(220), px(16), px(7), (skin[0] - 20, skin[1], skin[2] + 4))
        texture = octaves(dice, canvas.height, canvas.width, largest=32, smallest=2) // 4
        from_the_window = np.arange(canvas.width, dtype=np.int32) * 40 // canvas.width - 20
        canvas.shade(texture + from_the_window, 1, 1)
        return canvas

    def _draw_eyes(self, shut: int) -> Canvas:
        px = self._px
        canvas = self._canvas(_EYES_WIDTH, _EYES_HEIGHT)
        skin = self._skin
        for eye in (px(28), px(108)):
            canvas.ellipse(eye, px(15), px(21), px(11), (skin[0] - 24, skin[1], skin[2]))
            canvas.ellipse(eye, px(15), px(19), (px(9), px(5), px(1))[shut], (206, 128, 128))
            if shut < 2:
                canvas.ellipse(eye, px(15), px(8), (px(8), px(4))[shut], (48, 126, 132))
        return canvas

    def _draw_mouth(self, opening: int) -> Canvas:
        px = self._px
        canvas = self._canvas(_MOUTH_WIDTH, _MOUTH_HEIGHT)
        gap = px(14) * opening // (_OPENINGS - 1)
        canvas.ellipse(px(42), px(26), px(34) - gap // 3, px(7) + gap, _LIPS)
        canvas.ellipse(px(42), px(26), px(28) - gap // 3, px(1) + gap, _INSIDE)
        return canvas
