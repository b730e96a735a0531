extension StartPage {
    /// What the page does about layers: publishes in several sizes, shows those of a stream, chooses among them.
    static let layerScript = #"""

        // What is sent: one encoding, three of simulcast, or one with three sizes in it.
        function encodings(layers) {
          if (layers === 'svc') return [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 3000000 }];
          if (layers !== 'simulcast') return [{}];
          const rates = { q: 250000, h: 800000, f: 2500000 };
          return Object.keys(rates).map((rid, index) => ({
            rid, scaleResolutionDownBy: 4 >> index, maxBitrate: rates[rid], scalabilityMode: 'L1T3',
          }));
        }

        // Of AV1 with several sizes browsers show nothing unless each frame is described, and they don't ask for it.
        function describeFrames(transceiver) {
          if (!transceiver.setHeaderExtensionsToNegotiate) return;
          const extensions = transceiver.getHeaderExtensionsToNegotiate();
          for (const extension of extensions) {
            if (extension.uri.includes('#dependency-descriptor-')) extension.direction = 'sendrecv';
          }
          transceiver.setHeaderExtensionsToNegotiate(extensions);
        }

        // Stops what nobody watches. The smallest size stays: whoever comes sees something at once.
        async function saveLayers(session, saves) {
          const { unwatched } = await session.layers() || { unwatched: [] };
          const sender = session.pc.getSenders().find((one) => one.track && one.track.kind === 'video');
          const parameters = sender && sender.getParameters();
          if (!parameters || parameters.encodings.length < 2) return;
          let changes = false;
          parameters.encodings.forEach((encoding, index) => {
            const idle = unwatched.some((layer) => layer.encodingId === encoding.rid && layer.temporalLayerId === 0);
            const active = !saves || index === 0 || !idle;
            changes = changes || encoding.active !== active;
            encoding.active = active;
          });
          if (changes) await sender.setParameters(parameters);
        }

        // The choices among a stream's layers: a row for each size, a button for each frame rate.
        class Choices {
          constructor(parts) {
            Object.assign(this, parts);
            const { best, pause } = parts;
            this.session = null;
            this.onerror = () => {};
            best.onclick = () => this.ask({
              encodingId: null, spatialLayerId: null, temporalLayerId: null, paused: false });
            pause.onclick = () => this.ask({ paused: !this.isPaused });
          }

          show(session) {
            this.session = session;
            this.isPaused = false;
            this.cap = null;
            this.rows.replaceChildren();
            this.root.hidden = this.paused.hidden = true;
            this.link.textContent = this.why.textContent = '';
          }

          async refresh() {
            const session = this.session, answer = session && await session.bitrate();
            if (answer && this.session === session) {
              const { availableOutgoingBitrate: available, maxBitrate: cap } = answer;
              this.cap = cap !== null && cap <= available ? cap : null;
              this.link.textContent = 'Your connection carries ' + Choices.bitrate(available) + ', '
                + Choices.bitrate(answer.allocatedBitrate) + ' of it in use';
            }
            await this.update(this.session, undefined);
          }

          async ask(change) {
            try {
              await this.update(this.session, change);
            } catch (error) {
              this.onerror(error);
            }
          }

          async update(session, change) {
            const answer = session && await session.layers(change);
            const video = answer && Object.values(answer)[0];
            if (!video || this.session !== session) return;
            this.isPaused = video.preference.paused;
            const isStopped = ['paused', 'bandwidth-paused', 'silent'].includes(video.reason);
            this.paused.hidden = !isStopped;
            const reason = Choices.reason(video, this.cap);
            // What stays as it is would be read out again.
            if (this.why.textContent !== reason) this.why.textContent = this.paused.textContent = reason;
            this.pause.textContent = this.isPaused ? 'Resume' : 'Pause';
            const wish = video.preference;
            const free = ['encodingId', 'spatialLayerId', 'temporalLayerId'].every((name) => wish[name] === null);
            this.best.setAttribute('aria-pressed', String(free && !this.isPaused));
            this.draw(video);
          }

          draw(video) {
            const key = (layer) => (layer.encodingId || '') + '/' + layer.spatialLayerId;
            const same = (layer, other) => Boolean(other) && key(layer) === key(other)
              && layer.temporalLayerId === other.temporalLayerId;
            const layers = [
              ...video.active.map((layer) => ({ ...layer, active: true })),
              ...video.inactive.map((layer) => ({ ...layer, active: false })),
            ];
            const sizes = new Map();
            for (const layer of layers) sizes.set(key(layer), [...sizes.get(key(layer)) || [], layer]);
            const rows = [...sizes.values()].sort((a, b) => (b[0].width || 0) - (a[0].width || 0)
              || b[0].spatialLayerId - a[0].spatialLayerId);
            this.root.hidden = rows.length === 0;
            while (this.rows.children.length > rows.length) this.rows.lastChild.remove();
            rows.forEach((row, index) => {
              row.sort((a, b) => b.temporalLayerId - a.temporalLayerId);
              const size = row[0].width ? row[0].width + ' × ' + row[0].height : row[0].encodingId || 'Picture';
              const line = this.rows.children[index] || this.rows.appendChild(Choices.line());
              line.firstChild.textContent = size;
              const buttons = line.lastChild.firstChild;
              while (buttons.children.length > row.length) buttons.lastChild.remove();
              row.forEach((layer, place) => {
                const button = buttons.children[place] || buttons.appendChild(Choices.button());
                const rate = (Math.round(layer.framerate * 10) / 10) + ' /s', bits = Choices.bitrate(layer.bitrate);
                const isCurrent = same(layer, video.current), isTarget = same(layer, video.target);
                button.firstChild.textContent = layer.active ? rate : 'Off';
                button.lastChild.textContent = layer.active ? bits : 'not sent';
                button.dataset.layer = isCurrent ? 'current' : isTarget ? 'target' : layer.active ? 'live' : 'off';
                button.setAttribute('aria-current', String(isCurrent));
                button.setAttribute('aria-label', size + ', ' + (layer.active ? rate + ', ' + bits : 'not sent')
                  + (isCurrent ? ', shown' : isTarget ? ', on its way' : ''));
                button.onclick = () => this.ask({
                  encodingId: layer.encodingId || null, spatialLayerId: layer.spatialLayerId,
                  temporalLayerId: layer.temporalLayerId, paused: false });
              });
            });
          }

          static line() {
            const line = document.createElement('tr'), size = document.createElement('th');
            size.scope = 'row';
            const cell = document.createElement('td'), buttons = document.createElement('div');
            cell.append(buttons);
            line.append(size, cell);
            return line;
          }

          static button() {
            const button = document.createElement('button');
            button.type = 'button';
            button.append(document.createElement('span'), document.createElement('small'));
            return button;
          }

          // Why a picture is what it is; with a cap it is not the connection that limits it.
          static reason(video, cap) {
            const held = cap && 'held to ' + Choices.bitrate(cap);
            switch (video.reason) {
              case 'bandwidth': return cap ? 'As good as fits: ' + held : 'Limited by your connection';
              case 'bandwidth-paused': return 'Paused: ' + (held || 'your connection is too slow');
              case 'paused': return 'Paused';
              case 'silent': return 'No picture is sent';
              case 'preferred': return 'As good as ' + (Choices.isFree(video.preference) ? 'it is sent' : 'you chose');
            }
            return '';
          }

          static isFree(wish) {
            return Object.keys(wish).every((name) => name === 'paused' || name === 'priority' || wish[name] === null);
          }

          static bitrate(bits) {
            return bits >= 1e6 ? (bits / 1e6).toFixed(1) + ' Mbit/s' : Math.round(bits / 1000) + ' kbit/s';
          }
        }

        """#
}
