"""Draws the picture as SVG, with the resources that each part stands for in its attributes."""

from collections import defaultdict
from html import escape

from cdk.operator.diagram.graph import Arrow, Graph, Kind, Node
from cdk.operator.diagram.layout import MARGIN, WIDTH, Box, Frame, Layout, lay_out

_COLOURS = {
    Kind.PEOPLE: "#3b4252",
    Kind.FIREWALL: "#c7254e",
    Kind.NAMES: "#7b46c8",
    Kind.CERTIFICATE: "#c7254e",
    Kind.BALANCER: "#7b46c8",
    Kind.FARGATE: "#d9700f",
    Kind.FUNCTION: "#d9700f",
    Kind.MODEL: "#0b8a7a",
    Kind.PARAMETERS: "#b02a77",
    Kind.OTHER: "#3b4252",
    Kind.TABLE: "#2e5fd0",
    Kind.BUCKET: "#4d8a1e",
    Kind.QUEUE: "#b02a77",
    Kind.KEY: "#c7254e",
    Kind.ALARM: "#b02a77",
    Kind.TOPIC: "#b02a77",
    Kind.DASHBOARD: "#b02a77",
    Kind.LOG: "#b02a77",
}
"""By what AWS's own icons have: network violet, compute orange, data blue, and so on."""

_STYLE = """
text { font-family: "Inter", "Helvetica Neue", Arial, sans-serif; fill: #1f2733; }
.heading { font-size: 24px; font-weight: 700; }
.from { font-size: 13px; fill: #5b6675; }
.frame { fill: #ffffff; stroke: #c3cad5; stroke-dasharray: 5 4; }
.frame.strong { fill: #f4f1fb; stroke: #7b46c8; stroke-dasharray: none; }
.frame-title { font-size: 12px; font-weight: 600; fill: #5b6675; letter-spacing: .02em; }
.node { fill: #ffffff; stroke: #d4dae3; }
.icon-text { font-size: 10px; font-weight: 700; fill: #ffffff; text-anchor: middle; }
.title { font-size: 14px; font-weight: 650; }
.line { font-size: 12px; fill: #5b6675; }
.arrow { fill: none; stroke: #465264; stroke-width: 1.5; }
.arrow.faint { stroke: #aab3c0; stroke-dasharray: 3 4; stroke-width: 1.2; }
.label { font-size: 11px; fill: #2b3442; text-anchor: end;
  paint-order: stroke; stroke: #fbfcfe; stroke-width: 4px; stroke-linejoin: round; }
"""

_ICON = 26
_ICON_INSET = 12


def draw(graph: Graph) -> str:
    """The picture as one SVG document; the same graph gives the same text."""
    layout = lay_out(graph)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{layout.height:g}" '
        f'viewBox="0 0 {WIDTH} {layout.height:g}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(graph.title)}</title>',
        f"<style>{_STYLE}</style>",
        "<defs>",
        *(_marker(name, colour) for name, colour in (("head", "#465264"), ("faint", "#aab3c0"))),
        "</defs>",
        f'<rect width="{WIDTH}" height="{layout.height:g}" fill="#fbfcfe"/>',
        f'<text class="heading" x="{MARGIN}" y="50">{escape(graph.title)}</text>',
        f'<text class="from" x="{MARGIN}" y="74">Drawn from the synthesised templates. '
        "Solid: traffic and calls that security groups, listeners and roles allow. "
        "Dotted: relations.</text>",
        *(_frame(frame, graph if frame.strong else None) for frame in layout.frames),
        *_arrows(graph, layout),
        *(_node(node, layout.boxes[node.key]) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{colour}"/></marker>'
    )


def _frame(frame: Frame, network: Graph | None) -> str:
    box = frame.box
    strength = " strong" if frame.strong else ""
    stands_for = _stands_for(network.network_resources) if network else ""
    titles = "".join(
        f'<text class="frame-title" x="{box.x + 16:g}" y="{box.y + 23 + 17 * number:g}">'
        f"{escape(line)}</text>"
        for number, line in enumerate(frame.lines)
    )
    return (
        f'<g{stands_for}><rect class="frame{strength}" x="{box.x:g}" y="{box.y:g}" '
        f'width="{box.width:g}" height="{box.height:g}" rx="12"/>{titles}</g>'
    )


def _node(node: Node, box: Box) -> str:
    colour = _COLOURS[node.kind]
    text_x = box.x + _ICON_INSET + _ICON + 11
    lines = "".join(
        f'<text class="line" x="{text_x:g}" y="{box.y + 46 + 17 * number:g}">{escape(line)}</text>'
        for number, line in enumerate(node.lines)
    )
    return (
        f"<g{_stands_for(node.resources)}>"
        f'<rect class="node" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="9"/>'
        f'<rect x="{box.x + _ICON_INSET:g}" y="{box.y + 10:g}" width="{_ICON}" height="{_ICON}" '
        f'rx="6" fill="{colour}"/>'
        f'<text class="icon-text" x="{box.x + _ICON_INSET + _ICON / 2:g}" y="{box.y + 26.5:g}">'
        f"{escape(node.kind.value)}</text>"
        f'<text class="title" x="{text_x:g}" y="{box.y + 28:g}">{escape(node.title)}</text>'
        f"{lines}</g>"
    )


def _arrows(graph: Graph, layout: Layout) -> list[str]:
    """Curves from right sides to left sides, whose ends are spread evenly; traffic on top."""
    boxes = layout.boxes
    leaving: dict[str, list[Arrow]] = defaultdict(list)
    coming: dict[str, list[Arrow]] = defaultdict(list)
    for arrow in graph.arrows:
        leaving[arrow.source].append(arrow)
        coming[arrow.target].append(arrow)
    for arrows in leaving.values():
        arrows.sort(key=lambda arrow: boxes[arrow.target].middle)
    for arrows in coming.values():
        arrows.sort(key=lambda arrow: boxes[arrow.source].middle)
    faint_first = sorted(graph.arrows, key=lambda arrow: not arrow.faint)
    return [
        _arrow(
            arrow,
            boxes[arrow.source],
            boxes[arrow.target],
            _port(boxes[arrow.source], leaving[arrow.source], arrow),
            _port(boxes[arrow.target], coming[arrow.target], arrow),
        )
        for arrow in faint_first
    ]


def _port(box: Box, arrows: list[Arrow], arrow: Arrow) -> float:
    return box.y + box.height * (arrows.index(arrow) + 1) / (len(arrows) + 1)


def _arrow(arrow: Arrow, source: Box, target: Box, start: float, end: float) -> str:
    bend = (target.x - source.right) / 2
    path = (
        f"M{source.right:g} {start:g} C{source.right + bend:g} {start:g} "
        f"{target.x - bend:g} {end:g} {target.x:g} {end:g}"
    )
    label = (
        f'<text class="label" x="{target.x - 12:g}" y="{end - 5:g}">{escape(arrow.label)}</text>'
    )
    faint = " faint" if arrow.faint else ""
    head = "faint" if arrow.faint else "head"
    return (
        f'<g{_stands_for(arrow.resources)}><path class="arrow{faint}" d="{path}" '
        f'marker-end="url(#{head})"/>{label if arrow.label else ""}</g>'
    )


def _stands_for(resources: tuple[str, ...]) -> str:
    return f' data-resources="{escape(" ".join(resources))}"' if resources else ""
