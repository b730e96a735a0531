import CMediaIO

/// A file descriptor that closes when its owner goes.
struct Descriptor: ~Copyable {
    /// The number; negative once closed.
    private(set) var number: Int32

    /// Takes a descriptor over; a negative number stands for none.
    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        if number >= 0 { sluice_close(number) }
    }

    var isOpen: Bool { number >= 0 }

    mutating func close() {
        if number >= 0 { sluice_close(number) }
        number = -1
    }
}
