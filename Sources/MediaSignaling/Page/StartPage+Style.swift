extension StartPage {
    /// The page's style sheet.
    static let style = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f6; --card: #fff; --line: #dfe4e2; --text: #17211f; --quiet: #60706c;
          --accent: #0f766e; --accent-text: #fff; --warn: #b42318; --stage: #111817;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #101615; --card: #182120; --line: #2a3634; --text: #e6edeb; --quiet: #93a5a0;
            --accent: #2dd4bf; --accent-text: #06231f; --warn: #ff9c92; --stage: #0a0f0e;
          }
        }
        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        body {
          margin: 0; background: var(--ground); color: var(--text);
          font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
        }
        main { max-width: 56rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
        header { display: flex; align-items: center; gap: .9rem; flex-wrap: wrap; margin-bottom: 1rem; }
        h1 { display: flex; align-items: center; gap: .55rem; margin: 0; font-size: 1.3rem; letter-spacing: -.01em; }
        h1 svg { width: 1.7rem; height: 1.7rem; }
        h1 circle { fill: var(--accent); }
        h1 path { fill: none; stroke: var(--accent-text); stroke-width: 3; stroke-linecap: round; }
        header p { margin: 0; color: var(--quiet); }
        .stage {
          position: relative; aspect-ratio: 16 / 9; overflow: hidden; border-radius: 14px; background: var(--stage);
        }
        video { display: block; width: 100%; height: 100%; object-fit: contain; }
        .stage[data-state=publishing] video { transform: scaleX(-1); }
        .empty { position: absolute; inset: 0; display: grid; place-items: center; color: #8fa19c; padding: 1rem; }
        .empty p { margin: 0; text-align: center; }
        .stage[data-live=yes] .empty { display: none; }
        .badge {
          position: absolute; left: .8rem; top: .8rem; padding: .2rem .6rem; border-radius: 99px;
          background: rgba(0, 0, 0, .6); color: #fff; font-size: .8rem; font-weight: 600;
        }
        .stage[data-live=yes] .badge::before {
          content: ""; display: inline-block; width: .5rem; height: .5rem; margin-right: .4rem; border-radius: 50%;
          background: #f04438;
        }
        .stage .sound {
          position: absolute; right: .8rem; bottom: .8rem; border: 0; background: rgba(0, 0, 0, .65); color: #fff;
        }
        .stage .badge.paused { top: 2.7rem; }
        .stage[data-live=yes] .badge.paused::before { display: none; }
        .message { min-height: 1.45em; margin: .55rem .2rem; color: var(--quiet); overflow-wrap: anywhere; }
        .message.error { color: var(--warn); }
        .controls {
          display: grid; grid-template-columns: repeat(4, 1fr); gap: .9rem; padding: 1rem; border-radius: 14px;
          background: var(--card); border: 1px solid var(--line);
        }
        .controls:not([data-state=idle]) .field { display: none; }
        .controls[data-state=publishing] #saving { display: block; order: 1; }
        .controls[data-state=publishing] .buttons { grid-column: span 2; }
        .field.wide { grid-column: span 2; }
        label { display: block; margin-bottom: .3rem; font-size: .85rem; font-weight: 600; }
        label span { font-weight: 400; color: var(--quiet); }
        input, select, button { font: inherit; color: inherit; border-radius: 9px; min-height: 2.75rem; }
        input, select { width: 100%; padding: 0 .75rem; border: 1px solid var(--line); background: var(--ground); }
        .check { display: flex; align-items: center; gap: .6rem; min-height: 2.75rem; margin: 0; font-weight: 400; }
        .check input { width: 1.1rem; min-height: 1.1rem; margin: 0; accent-color: var(--accent); }
        #saving { align-self: end; }
        input[aria-invalid=true] { border-color: var(--warn); }
        .buttons { grid-column: 1 / -1; display: flex; gap: .6rem; flex-wrap: wrap; }
        button { white-space: nowrap; padding: 0 1.1rem; border: 1px solid var(--line); background: none; font-weight: 600; cursor: pointer; }
        button:hover { border-color: var(--accent); }
        button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
        button.stop { color: var(--warn); }
        :is(input, select, button):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .layers {
          margin: 1rem 0 0; padding: .8rem 1rem 1rem; border-radius: 14px; border: 1px solid var(--line);
          background: var(--card);
        }
        .layers header { gap: .5rem; margin-bottom: .6rem; }
        .layers h2 { margin: 0 auto 0 0; font-size: 1rem; }
        .layers header p { order: 1; flex: 1 0 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
        .layers header p strong { display: block; color: var(--text); }
        .layers header button { min-height: 2.25rem; padding: 0 .9rem; }
        .layers table { width: 100%; border-collapse: collapse; }
        .layers thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .layers tbody th { padding: .25rem 1rem .25rem 0; text-align: left; font-weight: 600; white-space: nowrap; width: 1%; }
        .layers th, .layers small { font-variant-numeric: tabular-nums; }
        .layers td { padding: .25rem 0; }
        .layers td div { display: flex; gap: .5rem; }
        .layers td button { flex: 1 1 0; min-width: 0; display: grid; gap: 0; padding: .3rem .4rem; line-height: 1.25; justify-items: center; }
        .layers small { font-weight: 400; font-size: .78rem; color: var(--quiet); }
        .layers [data-layer=current], .layers [aria-pressed=true] {
          background: var(--accent); border-color: var(--accent); color: var(--accent-text);
        }
        .layers [data-layer=current] small { color: inherit; }
        .layers [data-layer=target] { border-color: var(--accent); border-style: dashed; }
        .layers [data-layer=off] { color: var(--quiet); }
        .numbers {
          display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; margin: 1rem 0 0; overflow: hidden;
          border-radius: 14px; border: 1px solid var(--line); background: var(--line);
        }
        .numbers div { background: var(--card); padding: .7rem 1rem; }
        dt { font-size: .8rem; color: var(--quiet); }
        dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
        @media (max-width: 40rem) {
          main { padding: 1rem .75rem 2rem; }
          .controls, .numbers { grid-template-columns: 1fr 1fr; }
          .layers { padding: .7rem .75rem .8rem; }
          .layers tbody th { padding-right: .6rem; font-size: .85rem; }
          .layers td div { gap: .35rem; }
          .layers td button { padding: .3rem .1rem; }
          .layers small { font-size: .7rem; white-space: nowrap; }
          .buttons button { flex: 1 1 auto; padding: 0 .6rem; }
          label span { display: none; }
        }
        @media (max-width: 22rem) {
          .layers :is(tr, th, td) { display: block; }
        }
        """
}
