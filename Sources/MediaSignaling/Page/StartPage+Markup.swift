extension StartPage {
    /// The page's body.
    static let markup = """
        <body>
        <main>
        <header>
        <h1><svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="16"/>
        <path d="M7 13q4.5-5 9 0t9 0M7 20q4.5-5 9 0t9 0"/></svg>Sluice</h1>
        <p>Live video from this browser to any other.</p>
        </header>

        <section class="stage" id="stage" data-state="idle">
        <video id="video" playsinline autoplay muted></video>
        <div class="empty" id="empty"><p>Publish your camera, or watch a stream.</p></div>
        <div class="badge" id="badge" hidden></div>
        <div class="badge paused" id="paused" hidden>Paused</div>
        <button class="sound" id="sound" type="button" hidden>Turn sound on</button>
        </section>

        <p class="message" id="message" role="status" aria-live="polite"></p>

        <form class="controls" id="form" novalidate>
        <div class="field wide">
        <label for="stream">Stream</label>
        <input id="stream" name="stream" autocomplete="off" autocapitalize="none" spellcheck="false"
        maxlength="129" placeholder="studio">
        </div>
        <div class="field">
        <label for="codec">Video codec</label>
        <select id="codec">
        <option value="">Automatic</option>
        <option>VP8</option><option>VP9</option><option>H264</option><option>AV1</option>
        </select>
        </div>
        <div class="field">
        <label for="layers">Layers to publish</label>
        <select id="layers">
        <option value="">One size</option>
        <option value="simulcast">Simulcast</option>
        <option value="svc">SVC</option>
        </select>
        </div>
        <div class="field wide">
        <label for="token">Token <span>if asked for</span></label>
        <input id="token" type="password" autocomplete="off" placeholder="none">
        </div>
        <div class="field wide" id="saving" hidden>
        <label class="check"><input id="save" type="checkbox">Stop sizes that nobody watches</label>
        </div>
        <div class="buttons">
        <button class="primary" id="publish" type="button">Publish camera</button>
        <button id="watch" type="button">Watch</button>
        <button class="stop" id="stop" type="button" hidden>Stop</button>
        <button id="share" type="button" hidden>Copy link</button>
        </div>
        </form>

        <section class="layers" id="choices" aria-labelledby="choices-title" hidden>
        <header>
        <h2 id="choices-title">Layers</h2>
        <p><strong id="why" role="status" aria-live="polite"></strong> <span id="link"></span></p>
        <button id="best" type="button">Best</button>
        <button id="pause" type="button">Pause</button>
        </header>
        <table>
        <thead><tr><th scope="col">Picture</th><th scope="col">Frames and bit rate to choose</th></tr></thead>
        <tbody id="rows"></tbody>
        </table>
        </section>

        <dl class="numbers" id="numbers" hidden>
        <div><dt>Picture</dt><dd id="n-size">–</dd></div>
        <div><dt>Frames</dt><dd id="n-fps">–</dd></div>
        <div><dt>Video</dt><dd id="n-video">–</dd></div>
        <div><dt>Audio</dt><dd id="n-audio">–</dd></div>
        <div><dt>Round trip</dt><dd id="n-rtt">–</dd></div>
        <div><dt>Loss</dt><dd id="n-loss">–</dd></div>
        <div><dt>Freezes</dt><dd id="n-freezes">–</dd></div>
        <div><dt>Codec</dt><dd id="n-codec">–</dd></div>
        </dl>
        </main>
        </body>
        """
}
