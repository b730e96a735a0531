extension StartPage {
    /// The page's script. Whatever comes from a peer or the server is set as text.
    static let script = clientScript + layerScript + interfaceScript

    /// A WHIP and WHEP session.
    private static let clientScript = #"""

        'use strict';
        class Session {
          constructor(kind, stream, token) {
            this.kind = kind;
            this.stream = stream;
            this.token = token;
            this.url = null;
            this.etag = null;
            this.ended = false;
            this.onstate = () => {};
            this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
            this.pc.onconnectionstatechange = () => this.changed();
          }

          headers(more) {
            const headers = Object.assign({}, more);
            if (this.token) headers.Authorization = 'Bearer ' + this.token;
            return headers;
          }

          // The server's addresses are all in its answer, and it learns ours from our checks: nothing to trickle.
          async start() {
            await this.pc.setLocalDescription(await this.pc.createOffer());
            const response = await fetch('/' + this.kind + '/' + this.stream, {
              method: 'POST',
              headers: this.headers({ 'Content-Type': 'application/sdp', ...Session.previous }),
              body: this.pc.localDescription.sdp,
            });
            const text = await response.text();
            if (response.status !== 201) throw new Refusal(response.status, text);
            this.url = new URL(response.headers.get('Location'), response.url);
            this.etag = response.headers.get('ETag');
            if (this.kind === 'whep') Session.previous = { 'Previous-Session': this.url.pathname };
            this.answer = text;
            if (this.ended) {
              this.ended = false;
              return this.leave();
            }
            await this.pc.setRemoteDescription({ type: 'answer', sdp: text });
            const receiver = this.pc.getTransceivers()[0].receiver;
            const transport = receiver.transport || this.pc.getTransceivers()[0].sender.transport;
            if (transport) transport.onstatechange = () => {
              if (transport.state === 'closed') this.url = null;
              if (transport.state === 'closed' || transport.state === 'failed') this.changed('closed');
            };
          }

          changed(state) {
            state = state || this.pc.connectionState;
            if (this.ended) return;
            clearTimeout(this.timer);
            if (state === 'disconnected') this.timer = setTimeout(() => this.restart(), 2000);
            if (state === 'failed' && !this.restarting) return this.restart();
            this.onstate(state);
          }

          // New credentials go to the server in a fragment; its own, in the answering one, replace those of the answer.
          async restart() {
            if (this.ended || this.restarting) return;
            this.restarting = true;
            try {
              await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
              const wanted = /^a=(ice-ufrag|ice-pwd|ice-options|group|mid):/;
              const lines = this.pc.localDescription.sdp.split('\r\n');
              const media = lines.findIndex((line) => line.startsWith('m='));
              const next = lines.findIndex((line, index) => index > media && line.startsWith('m='));
              const first = lines.slice(media, next < 0 ? undefined : next);
              const pick = (some) => some.filter((line) => wanted.test(line));
              const fragment = [...pick(lines.slice(0, media)), first[0], ...pick(first), ''].join('\r\n');
              const response = await fetch(this.url, {
                method: 'PATCH',
                headers: this.headers({ 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' }),
                body: fragment,
              });
              const text = await response.text();
              if (response.status !== 200) throw new Refusal(response.status, text);
              this.etag = response.headers.get('ETag');
              for (const name of ['ice-ufrag', 'ice-pwd']) {
                const value = text.match(new RegExp('^a=' + name + ':(.*?)\\r?$', 'm'));
                if (value) this.answer = this.answer.replace(new RegExp('^a=' + name + ':.*$', 'gm'), () =>
                  'a=' + name + ':' + value[1]);
              }
              await this.pc.setRemoteDescription({ type: 'answer', sdp: this.answer });
            } catch (error) {
              this.onstate('closed');
            } finally {
              this.restarting = false;
            }
          }

          // The layers there are; with a change, those there are from then on.
          layers(change) { return this.ask('/layer', change); }

          // What the link to a watcher carries.
          bitrate() { return this.ask('/bitrate'); }

          async ask(resource, change) {
            if (!this.url || this.ended) return null;
            const response = await fetch(this.url + resource, {
              method: change ? 'POST' : 'GET',
              headers: this.headers(change ? { 'Content-Type': 'application/json' } : {}),
              body: change && JSON.stringify(change),
            });
            if (response.status !== 200) throw new Refusal(response.status, await response.text());
            return response.json();
          }

          // Also on the way out of the page, hence keepalive. The connection's own goodbye comes after it, so that the
          // server still knows the session that it is asked to end.
          leave() {
            if (this.ended) return;
            this.ended = true;
            clearTimeout(this.timer);
            const close = () => this.pc.close();
            if (!this.url) return close();
            fetch(this.url, { method: 'DELETE', keepalive: true, headers: this.headers() }).then(close, close);
            setTimeout(close, 1000);
          }
        }

        class Refusal extends Error {
          constructor(status, text) {
            super(text.trim());
            this.status = status;
          }
        }

        """#
}
