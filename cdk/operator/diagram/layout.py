"""Puts boxes into columns, and the frames around them. All lengths are pixels."""

from dataclasses import dataclass

from cdk.operator.diagram.graph import Graph, Node, Place

MARGIN = 40
_TOP = 104
_GAP = 26
_ROW_GAP = 44
_PADDING = 22
_FRAME_TITLE = 34
_TITLE_HEIGHT = 40
_LINE_HEIGHT = 17
_COLUMNS = {
    Place.OUTSIDE: (MARGIN, 206),
    Place.PUBLIC: (366, 282),
    Place.PRIVATE: (846, 266),
    Place.FUNCTION: (846, 266),
    Place.USED: (1296, 290),
    Place.CALLED: (1296, 290),
}
WIDTH = 1296 + 290 + _PADDING + MARGIN


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle around boxes, with words at its top."""

    box: Box
    lines: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything's place.

    Attributes:
        boxes: By the node's key.
        frames: From the outermost to the innermost.
        height: Of the whole.
    """

    boxes: dict[str, Box]
    frames: list[Frame]
    height: float


def lay_out(graph: Graph) -> Layout:
    """Finds every box a place.

    The page is read from left to right: callers, load balancers, services, what they use. What no
    call passes through stands below.
    """
    boxes: dict[str, Box] = {}
    network_title = _FRAME_TITLE + _LINE_HEIGHT * (len(graph.network) - 1)
    first = _TOP + network_title + _FRAME_TITLE + 10
    private = _of(graph, Place.PRIVATE)
    end = _stack(boxes, private, first)
    _stack_beside(graph, boxes, _of(graph, Place.PUBLIC), first)
    inner = max([end, *(boxes[node.key].bottom for node in _of(graph, Place.PUBLIC))])
    network = _around(boxes, [*private, *_of(graph, Place.PUBLIC)], top=_TOP, bottom=inner + 40)
    below = _stack(boxes, _of(graph, Place.FUNCTION), network.bottom + _GAP + 8)
    _stack(boxes, _of(graph, Place.OUTSIDE), first)
    used_end = _stack(boxes, _of(graph, Place.USED), _TOP + _FRAME_TITLE + 6)
    data_top = used_end + _PADDING + 20
    data_end = _stack(boxes, _of(graph, Place.CALLED), data_top + _FRAME_TITLE + 6)
    kept_top = max(below, network.bottom + _GAP, data_end + _PADDING) + _GAP
    kept_end = _row(boxes, _of(graph, Place.KEPT), kept_top + _FRAME_TITLE + 6)
    operations_top = kept_end + _PADDING + 20
    operations_end = _row(boxes, _of(graph, Place.OPERATIONS), operations_top + _FRAME_TITLE + 6)

    frames = [
        Frame(network, graph.network, strong=True),
        *_frames(graph, boxes, Place.PUBLIC, "Public subnets", first - _FRAME_TITLE, inner),
        *_frames(graph, boxes, Place.PRIVATE, "Private subnets", first - _FRAME_TITLE, inner),
        *_frames(graph, boxes, Place.USED, "Used, not made here", _TOP, used_end),
        *_frames(graph, boxes, Place.CALLED, "Data that services call", data_top, data_end),
        *_frames(graph, boxes, Place.KEPT, "Data beside the calls", kept_top, kept_end),
        *_frames(graph, boxes, Place.OPERATIONS, "Operations", operations_top, operations_end),
    ]
    height = max([frame.box.bottom for frame in frames]) + MARGIN
    return Layout(boxes, frames, height)


def node_height(node: Node) -> float:
    """A title and its lines."""
    return _TITLE_HEIGHT + _LINE_HEIGHT * len(node.lines) + (8 if node.lines else 4)


def _of(graph: Graph, place: Place) -> list[Node]:
    return [node for node in graph.nodes if node.place is place]


def _stack(boxes: dict[str, Box], nodes: list[Node], top: float) -> float:
    """One below the other; returns where the last one ends."""
    y = top
    for node in nodes:
        x, width = _COLUMNS[node.place]
        boxes[node.key] = Box(x, y, width, node_height(node))
        y = boxes[node.key].bottom + _GAP
    return y - _GAP if nodes else top


def _stack_beside(graph: Graph, boxes: dict[str, Box], nodes: list[Node], top: float) -> None:
    """Each at the height of what it leads to, as far as there is room."""
    least = top
    for node in nodes:
        targets = [arrow.target for arrow in graph.arrows if arrow.source == node.key]
        heights = [boxes[target].middle for target in targets if target in boxes]
        x, width = _COLUMNS[node.place]
        height = node_height(node)
        middle = sum(heights) / len(heights) if heights else least + height / 2
        boxes[node.key] = Box(x, max(least, middle - height / 2), width, height)
        least = boxes[node.key].bottom + _GAP


def _row(boxes: dict[str, Box], nodes: list[Node], top: float) -> float:
    """One beside the other, across the page; returns where they end."""
    if not nodes:
        return top
    room = WIDTH - 2 * (MARGIN + _PADDING) - _ROW_GAP * (len(nodes) - 1)
    width = room / len(nodes)
    tallest = max(node_height(node) for node in nodes)
    for number, node in enumerate(nodes):
        x = MARGIN + _PADDING + number * (width + _ROW_GAP)
        boxes[node.key] = Box(x, top, width, tallest)
    return top + tallest


def _around(boxes: dict[str, Box], nodes: list[Node], *, top: float, bottom: float) -> Box:
    left = min(boxes[node.key].x for node in nodes) - 2 * _PADDING
    right = max(boxes[node.key].right for node in nodes) + 2 * _PADDING
    return Box(left, top, right - left, bottom - top)


def _frames(
    graph: Graph, boxes: dict[str, Box], place: Place, title: str, top: float, end: float
) -> list[Frame]:
    """The frame around one place's boxes, if it has any."""
    own = [boxes[node.key] for node in _of(graph, place)]
    if not own:
        return []
    left = min(box.x for box in own) - _PADDING
    right = max(box.right for box in own) + _PADDING
    return [Frame(Box(left, top, right - left, end + _PADDING - top), (title,))]
