extension StartPage {
    /// What the page's controls do.
    static let interfaceScript = #"""
        const at = (id) => document.getElementById(id);
        const video = at('video'), stage = at('stage');
        const choices = new Choices({
          root: at('choices'), rows: at('rows'), best: at('best'), pause: at('pause'), paused: at('paused'),
          why: at('why'), link: at('link'),
        });
        let session = null, media = null, meter = null, waiting = null, before = null;

        function say(text, isError) {
          at('message').textContent = text;
          at('message').classList.toggle('error', Boolean(isError));
        }

        function show(state, live) {
          stage.dataset.state = state;
          at('form').dataset.state = state;
          stage.dataset.live = live ? 'yes' : 'no';
          const idle = state === 'idle';
          at('publish').hidden = at('watch').hidden = !idle;
          at('stop').hidden = at('share').hidden = idle;
          for (const id of ['stream', 'codec', 'layers', 'token']) at(id).disabled = !idle;
          at('badge').hidden = idle;
          at('badge').textContent = (live ? 'Live · ' : '') + at('stream').value.trim();
          at('numbers').hidden = !live;
          at('saving').hidden = at('layers').value !== 'simulcast' || state === 'watching';
          at('sound').hidden = !(state === 'watching' && live && video.muted);
        }

        function explain(error, kind) {
          switch (error.status) {
            case 401: return 'The server asks for a token, and this one is not right.';
            case 403: return 'This is not allowed: ' + error.message;
            case 404: return 'Nobody publishes this stream.';
            case 406: return 'This browser cannot play the codec of this stream.';
            case 409: return 'Somebody publishes this stream already. Choose another name.';
            case 429: return 'Too many requests. Wait a moment, then try again.';
            case 503: return 'The server takes no more sessions right now. Try again in a moment.';
          }
          if (error.status) return 'The server refused (' + error.status + '): ' + error.message;
          switch (error.name) {
            case 'NotAllowedError': return 'The browser may not use the camera and microphone. Allow it, then try again.';
            case 'NotFoundError': return 'There is no camera or microphone.';
            case 'NotReadableError': return 'Another program uses the camera.';
            case 'TypeError': return 'The server does not answer.';
          }
          return (kind === 'whip' ? 'Publishing' : 'Watching') + ' failed: ' + error.message;
        }

        function input() {
          const stream = at('stream').value.trim();
          const good = /^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64})?$/.test(stream);
          at('stream').setAttribute('aria-invalid', String(!good));
          if (!good) {
            say('Give the stream a name of letters, digits, _ and -, or a room and a name with a dot between.', true);
            at('stream').focus();
            return null;
          }
          const token = at('token').value.trim();
          try { sessionStorage.setItem('token', token); } catch (error) { /* The page works without it. */ }
          history.replaceState(null, '', '#' + stream);
          return { stream, token };
        }

        function preferCodec(transceiver, capabilities) {
          const name = at('codec').value;
          if (!name || !capabilities || !transceiver.setCodecPreferences) return;
          const mime = 'video/' + name.toLowerCase();
          const chosen = capabilities.codecs.filter((codec) => codec.mimeType.toLowerCase() === mime);
          if (!chosen.length) throw new Error('this browser does not know ' + name);
          const extra = capabilities.codecs.filter((codec) => /\/rtx$/i.test(codec.mimeType));
          transceiver.setCodecPreferences([...chosen, ...extra]);
        }

        async function publish() {
          const given = input();
          if (!given) return;
          if (!navigator.mediaDevices) return say('A browser uses its camera only on HTTPS pages and on localhost.', true);
          show('publishing', false);
          say('Starting the camera …');
          const own = session = new Session('whip', given.stream, given.token);
          try {
            const stream = await navigator.mediaDevices.getUserMedia({
              video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
              audio: { echoCancellation: true, noiseSuppression: true },
            });
            if (session !== own) return stream.getTracks().forEach((track) => track.stop());
            media = stream;
            video.muted = true;
            video.srcObject = media;
            for (const track of media.getTracks()) {
              const isVideo = track.kind === 'video';
              const transceiver = own.pc.addTransceiver(track, {
                direction: 'sendonly', streams: [media],
                sendEncodings: isVideo ? encodings(at('layers').value) : [{}],
              });
              if (isVideo) preferCodec(transceiver, RTCRtpSender.getCapabilities('video'));
            }
            say('Connecting …');
            await run(own, 'publishing', 'You are live.');
          } catch (error) {
            if (session === own) stop(explain(error, 'whip'), true);
          }
        }

        async function watch() {
          const given = input();
          if (!given) return;
          show('watching', false);
          say('Connecting …');
          const own = session = new Session('whep', given.stream, given.token);
          try {
            const stream = new MediaStream();
            own.pc.ontrack = (event) => {
              stream.addTrack(event.track);
              video.srcObject = stream;
              video.play().catch(() => {});
            };
            const transceiver = own.pc.addTransceiver('video', { direction: 'recvonly' });
            preferCodec(transceiver, RTCRtpReceiver.getCapabilities('video'));
            describeFrames(transceiver);
            own.pc.addTransceiver('audio', { direction: 'recvonly' });
            video.muted = false;
            await run(own, 'watching', '');
            video.play().catch(() => {
              video.muted = true;
              video.play().catch(() => {});
              show('watching', stage.dataset.live === 'yes');
            });
          } catch (error) {
            if (session !== own) return;
            if (error.status !== 404) return stop(explain(error, 'whep'), true);
            own.leave();
            say('Nobody publishes this stream yet. Waiting …');
            waiting = setTimeout(watch, 2000);
          }
        }

        async function run(own, state, text) {
          own.onstate = (connection) => {
            if (session !== own) return;
            if (connection === 'connected') {
              show(state, true);
              say(text);
              clearInterval(meter);
              before = null;
              choices.show(state === 'watching' ? own : null);
              meter = setInterval(() => measure(own), 1000);
            } else if (connection === 'disconnected') {
              say('The connection is gone. Trying to get it back …');
            } else if (connection === 'failed' || connection === 'closed') {
              stop(state === 'watching' ? 'The stream has ended.' : 'The connection to the server has ended.', true);
            }
          };
          await own.start();
        }

        function stop(text, isError) {
          clearTimeout(waiting);
          clearInterval(meter);
          if (session) session.leave();
          if (media) media.getTracks().forEach((track) => track.stop());
          session = media = null;
          choices.show(null);
          video.srcObject = null;
          show('idle', false);
          say(text || '', isError);
        }

        async function measure(own) {
          // A second without an answer is no reason to bother anybody; the next one asks again.
          if (own.kind === 'whep') choices.refresh().catch(() => {});
          else if (at('layers').value === 'simulcast') saveLayers(own, at('save').checked).catch(() => {});
          const report = await own.pc.getStats();
          if (session !== own) return;
          const now = { at: performance.now(), video: 0, audio: 0, lost: 0, packets: 0 };
          const set = (id, text) => { at(id).textContent = text; };
          let rtt, codec, freezes, width = 0;
          report.forEach((entry) => {
            const kind = entry.kind;
            if (entry.type === (own.kind === 'whip' ? 'outbound-rtp' : 'inbound-rtp')) {
              now[kind] += entry.bytesSent || entry.bytesReceived || 0;
              now.packets += entry.packetsSent || entry.packetsReceived || 0;
              now.lost += entry.packetsLost || 0;
              if (kind === 'video') {
                // Of several sizes the largest that is sent.
                if (entry.frameWidth > width && entry.framesPerSecond > 0) {
                  width = entry.frameWidth;
                  set('n-size', width + ' × ' + entry.frameHeight);
                  set('n-fps', Math.round(entry.framesPerSecond) + ' /s');
                } else if (!width && entry.framesPerSecond !== undefined) set('n-fps', '0 /s');
                if (entry.codecId && report.get(entry.codecId)) codec = report.get(entry.codecId).mimeType.split('/')[1];
                freezes = entry.freezeCount;
              }
            } else if (entry.type === 'remote-inbound-rtp') {
              now.lost += entry.packetsLost || 0;
            } else if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime !== undefined) {
              rtt = entry.currentRoundTripTime;
            }
          });
          if (before) {
            const seconds = (now.at - before.at) / 1000;
            const rate = (kind) => Math.max(0, Math.round((now[kind] - before[kind]) * 8 / 1000 / seconds)) + ' kbit/s';
            const lost = Math.max(0, now.lost - before.lost), all = now.packets - before.packets + lost;
            set('n-video', rate('video'));
            set('n-audio', rate('audio'));
            set('n-loss', (all > 0 ? 100 * lost / all : 0).toFixed(1) + ' %');
          }
          set('n-rtt', rtt === undefined ? '–' : rtt < 0.001 ? '< 1 ms' : Math.round(rtt * 1000) + ' ms');
          set('n-freezes', freezes === undefined ? '–' : String(freezes));
          set('n-codec', codec || '–');
          before = now;
        }

        function offerLayers() {
          const scalable = ['VP9', 'AV1'].includes(at('codec').value);
          const svc = at('layers').querySelector('[value=svc]');
          svc.disabled = !scalable;
          svc.textContent = scalable ? 'SVC' : 'SVC, with VP9 or AV1';
          if (!scalable && svc.selected) at('layers').value = '';
          at('saving').hidden = at('layers').value !== 'simulcast';
        }

        choices.onerror = (error) => say(explain(error, 'whep'), true);
        at('codec').onchange = at('layers').onchange = offerLayers;
        at('publish').onclick = publish;
        at('watch').onclick = watch;
        at('stop').onclick = () => stop();
        at('form').onsubmit = (event) => event.preventDefault();
        at('sound').onclick = () => { video.muted = false; show('watching', true); };
        at('share').onclick = async () => {
          try {
            await navigator.clipboard.writeText(location.href);
            say('The link is copied.');
          } catch (error) {
            say('Copy the address of this page: ' + location.href);
          }
        };
        addEventListener('pagehide', () => { if (session) stop(); });
        at('stream').value = location.hash.slice(1, 130).replace(/[^A-Za-z0-9_.-]/g, '') || 'studio';
        try { at('token').value = sessionStorage.getItem('token') || ''; } catch (error) { /* Stays empty. */ }
        offerLayers();
        show('idle', false);

        """#
}
