"""The command's face: synthesises, draws, and says where the picture is."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cdk.config import ConfigError, Environment, load_environment
from cdk.operator.diagram.build import UndecidedResourceError, build
from cdk.operator.diagram.svg import draw
from cdk.operator.diagram.template import Architecture

USAGE_EXIT = 2
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "cdk" / "diagrams"


def main(argv: Sequence[str] | None = None) -> int:
    """Draws an environment.

    Returns:
        0, or 2 if it cannot be synthesised or drawn.
    """
    parser = argparse.ArgumentParser(prog="make diagram", description=__doc__)
    parser.add_argument("--env", required=True, help="an environment in cdk/environments")
    parser.add_argument("--output", type=Path, help="where to write it; cdk/diagrams/<env>.svg")
    options = parser.parse_args(argv)
    try:
        config = load_environment(options.env)
        with tempfile.TemporaryDirectory() as folder:
            picture = draw_assembly(_synthesise(config, Path(folder)), config)
    except ConfigError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return USAGE_EXIT
    except UndecidedResourceError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_EXIT
    output = options.output or FOLDER / f"{config.name}.svg"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(picture, encoding="utf-8")
    sys.stdout.write(f"{output}\n")
    return 0


def draw_assembly(assembly: Path, config: Environment) -> str:
    """The picture of what was synthesised into ``assembly``.

    Raises:
        UndecidedResourceError: The templates have a kind of resource that nobody decided about.
    """
    title = f"Voice agents, {config.name}: account {config.account}, {config.region}"
    return draw(build(Architecture.read(assembly, config.prefix), title=title))


def _synthesise(config: Environment, folder: Path) -> Path:
    """Makes the templates alone: `make synth` is there to judge them."""
    from aws_cdk import App

    from cdk.deployment import Deployment

    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(folder))
    Deployment(app, config=config)
    app.synth()
    return folder


if __name__ == "__main__":
    sys.exit(main())
