/// The natural logarithm of a positive, normal number, within 1e-12 of it. The standard library has none without the
/// platform's, whose last digits differ from one to the next.
func naturalLogarithm(_ x: Double) -> Double {
    guard x.isNormal, x > 0 else { return x == .infinity ? .infinity : -.infinity }
    var (significand, exponent) = (x.significand, Double(x.exponent))
    if significand > 1.414_213_562_373_095 {
        significand /= 2
        exponent += 1
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), where the quotient is below 0.172.
    let t = (significand - 1) / (significand + 1)
    let square = t * t
    var sum = 1.0 / 17
    var odd = 15.0
    while odd > 0 {
        sum = sum * square + 1 / odd
        odd -= 2
    }
    return exponent * 0.693_147_180_559_945_3 + 2 * t * sum
}
