@testable import MediaCore

/// The audio levels of one microphone, every 20 ms: a room's noise, and a voice over it when it is told to speak.
struct SimulatedVoice {
    /// Decibels below full scale: of the room, and of the voice's loud moments.
    var room: Int
    var voice: Int
    /// Whether silence is not sent, but for a packet every 400 ms.
    var isDiscontinuous = false
    private var random: MediaRandom
    /// The syllable or pause under way: how many packets are left, and how loud it is.
    private var rest = 0
    private var syllable: Int?
    private var wordsLeft = 0
    private var unsent = 0

    init(seed: UInt64, room: Int = 75, voice: Int = 28) {
        self.room = room
        self.voice = voice
        random = .seeded(seed)
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// The next packet's level; nil when none is sent. Syllables of 100 to 240 ms with dips between them, pauses of 100 to
    /// 600 ms after some of them.
    mutating func next(isSpeaking: Bool) -> UInt8? {
        if !isSpeaking {
            (rest, syllable, wordsLeft) = (0, nil, 0)
        } else if rest == 0 {
            if syllable != nil {
                syllable = nil
                wordsLeft -= 1
                rest = wordsLeft <= 0 ? pick(5...30) : pick(1...3)
            } else {
                if wordsLeft <= 0 { wordsLeft = pick(3...10) }
                syllable = voice + pick(-3...8)
                rest = pick(5...12)
            }
        }
        rest -= isSpeaking ? 1 : 0
        let noise = room + pick(-3...3)
        guard isSpeaking else {
            guard isDiscontinuous else { return clamped(noise) }
            unsent += 1
            return unsent % 20 == 1 ? 127 : nil
        }
        let level = syllable.map { $0 + pick(-3...3) } ?? (wordsLeft <= 0 ? noise : voice + 22 + pick(-4...4))
        return clamped(min(level, noise))
    }

    private func clamped(_ level: Int) -> UInt8 { UInt8(min(max(level, 0), 127)) }
}
