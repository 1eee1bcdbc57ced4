"""How a Python container asks itself whether it is alive."""


def python_health_command(port: int) -> list[str]:
    """A command that fails unless ``/health`` answers 200; the images have no curl."""
    url = f"http://127.0.0.1:{port}/health"
    return ["python", "-c", f"import urllib.request as u; u.urlopen('{url}', timeout=3)"]
