from html import escape
from string import Template

from reference_app.components.frontend.tiles import tiles_of, verdict_of
from reference_app.models import SystemStatus

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="5">
  <title>Triage</title>
  <style>
    :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
    body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
    h1 { margin: 0; }
    dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 2rem 0; }
    @media (max-width: 36rem) { dl { grid-template-columns: repeat(2, 1fr); } }
    dl div { padding: .75rem 1rem; border: 1px solid rgb(128 128 128 / .35); border-radius: .5rem; }
    dt { opacity: .75; }
    dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
    .good dd { color: light-dark(#15803d, #4ade80); }
    .bad dd { color: light-dark(#b91c1c, #f87171); }
  </style>
</head>
<body>
  <h1>Triage</h1>
  <p>$verdict</p>
  <dl>
    $tiles
  </dl>
</body>
</html>
""")
TILE = Template('<div class="$tone"><dt>$name</dt><dd>$value</dd></div>')


def render(status: SystemStatus) -> str:
    """Draw the dashboard as a page that reloads itself and needs no script."""
    tiles = (TILE.substitute(tone=t.tone, name=escape(t.name), value=escape(t.value)) for t in tiles_of(status))
    return PAGE.substitute(verdict=escape(verdict_of(status)), tiles="\n    ".join(tiles))
