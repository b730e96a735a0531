import MediaCore

/// What a receiver of VP8 goes by: picture ids that count pictures, TL0PICIDX that counts those of layer 0.
///
/// Source: RFC 7741, sections 4.2 and 4.4.
extension StrictReceiver {
    private struct Numbers {
        var picture: Int
        var mask: Int
        var levelZero: UInt8?
        var temporal = 0
        var isSync = false

        init?(_ payload: [UInt8]) {
            guard payload.count > 3, payload[0] & 0x80 != 0, payload[1] & 0x80 != 0 else { return nil }
            var offset = 3
            if payload[2] & 0x80 != 0 {
                picture = Int(payload[2] & 0x7F) << 8 | Int(payload[3])
                mask = 0x7FFF
                offset = 4
            } else {
                picture = Int(payload[2])
                mask = 0x7F
            }
            if payload[1] & 0x40 != 0 {
                levelZero = payload[offset]
                offset += 1
            }
            if payload[1] & 0x30 != 0 {
                temporal = Int(payload[offset] >> 6)
                isSync = payload[offset] & 0x20 != 0
            }
        }
    }

    mutating func checkVP8() {
        var last: (numbers: Numbers, place: Int)?
        for place in frames.indices {
            let played = frames[place]
            let truth = encoders[played.encoding].frames[played.number]
            let all = played.packets.compactMap { Numbers(parts[$0].departure.payload) }
            guard let numbers = all.first, all.count == played.packets.count else {
                note(.continuity, "no picture id in \(describe(truth))")
                continue
            }
            if all.contains(where: { $0.picture != numbers.picture || $0.levelZero != numbers.levelZero }) {
                note(.pictureID, "two numbers of one picture: \(describe(truth))")
            }
            defer { last = (numbers, place) }
            guard let last else { continue }
            let excused = damagedPictures(between: last.place, and: place)
            let step = (numbers.picture - last.numbers.picture) & numbers.mask
            if step < 1 || step > 1 + excused.all {
                note(.pictureID, "a step of \(step) to \(describe(truth)), \(excused.all) excused")
            }
            guard let level = numbers.levelZero, let lastLevel = last.numbers.levelZero else { continue }
            let levelStep = Int(level &- lastLevel)
            let least = truth.temporal == 0 ? 1 : 0
            if levelStep < least || levelStep > least + excused.levelZero {
                note(.levelZero, "a step of \(levelStep) to \(describe(truth)), \(excused.levelZero) excused")
            }
        }
    }

    /// Pictures between two frames of the output that the network took or damaged.
    private func damagedPictures(between first: Int, and second: Int) -> (all: Int, levelZero: Int) {
        let (last, next) = (frames[first], frames[second])
        guard last.run == next.run, last.number < next.number else { return (0, 0) }
        // Reordered, some of those behind it have left before it.
        let earliest = frames[second...].prefix(30).map(\.instant).min() ?? next.instant
        let damaged = (last.number + 1..<next.number).filter { number in
            // One that had not come when the later one left has a number all the same: it might have been wanted.
            let arrivals = encoders[next.encoding].frames[number].packets.map {
                encoders[next.encoding].packets[$0].arrival ?? MediaInstant(nanoseconds: .max)
            }
            return isDamaged(next.encoding, frame: number, run: next.run)
                || arrivals.contains { $0 > earliest }
        }
        return (
            damaged.count, damaged.count { encoders[next.encoding].frames[$0].temporal == 0 }
        )
    }
}
