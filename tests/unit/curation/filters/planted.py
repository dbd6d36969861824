"""Planted spam and homework pages, made from templates in two halves: filters are tuned on TUNING alone.

The halves share neither templates nor subjects.
"""

# ruff: noqa: E501 - phrases are easier to read and compare whole

import random
from collections.abc import Iterator, Sequence

TUNING, HELD_OUT = "tuning", "held out"

_SUBJECTS = {
    TUNING: {
        "thing": ["running shoes", "garden furniture", "leather sofas", "phone cases", "office chairs", "led lamps"],
        "trade": ["plumbers", "locksmiths", "roofing contractors", "dentists", "moving companies"],
        "city": ["Austin", "Leeds", "Toronto", "Denver", "Perth"],
        "name": ["Brightway", "ProHome", "MaxValue", "EliteCare"],
        "topic": ["photosynthesis", "the French Revolution", "supply and demand", "Hamlet", "the water cycle"],
        "course": ["biology", "economics", "statistics", "world history"],
        "formula": ["3x + 5 = 20", "y = 2x^2 - 8", "4(a - 2) = 12", "x/3 + 7 = 10"],
    },
    HELD_OUT: {
        "thing": ["mattresses", "yoga mats", "dog food", "wedding dresses", "laptop batteries", "wooden blinds"],
        "trade": ["electricians", "divorce attorneys", "carpet cleaners", "pest control", "car rental"],
        "city": ["Chicago", "Dublin", "Sydney", "Phoenix", "Bristol"],
        "name": ["Sunrise", "FastTrack", "Golden Oak", "Prime Choice"],
        "topic": ["mitosis", "the Cold War", "game theory", "Macbeth", "plate tectonics"],
        "course": ["chemistry", "sociology", "calculus", "American literature"],
        "formula": ["7m - 4 = 31", "2k^2 = 50", "5(t + 1) = 40", "n/4 - 2 = 6"],
    },
}

_SEO = {
    TUNING: [
        "Buy {thing} online at the lowest prices. {name} is your one-stop shop for cheap {thing}, with free shipping on every "
        "order. Our {thing} are top-rated by thousands of happy customers. Order now and save up to 60% off. "
        "Don't miss this limited time offer: add to cart today!",
        "Looking for the best {trade} in {city}? Look no further! {name} is the leading provider of {trade} in {city}. "
        "Our licensed {trade} offer affordable rates and 24/7 service. Call us today for a free quote. "
        "Best {trade} {city}, cheap {trade} {city}, {trade} near me. Satisfaction guaranteed.",
        "{name} online casino gives new players free spins and a bonus code. Play slots online, live poker and more. "
        "The jackpot grows every hour. No deposit needed. Sign up now and win real money today. {city} players welcome.",
        "Need cash fast? Get payday loans in {city} with bad credit. Instant approval, no credit check, same day cash. Apply now "
        "online and get your money today. {name} offers the best rates on personal loans.",
        "Boost your ranking on Google with {name}. Our SEO services and high quality backlinks bring traffic to your website. "
        "Affordable packages, 100% guaranteed results. Contact us today for a free consultation about {thing}.",
        "Top 10 best {thing} in 2024 - the ultimate buying guide. Click here to see the best deals. Our experts review cheap and "
        "premium {thing} so that you find the best price. Best selling {thing} on sale now with discount codes.",
    ],
    HELD_OUT: [
        "Welcome to {name}, the number one store for discount {thing}. Shop our {thing} today and enjoy free delivery "
        "to {city}. We have {thing} on sale, wholesale {thing}, and {thing} at unbeatable prices. Use promo code SAVE20 at "
        "checkout. Hurry, while stocks last!",
        "When you need {trade} in {city}, trust the experienced team at {name}. We are {city}'s most trusted {trade} company. "
        "Our certified specialists serve {city} and the suburbs around the clock. Competitive prices, no hidden fees. "
        "Get a free estimate now. {trade} {city} | affordable {trade} {city} | emergency {trade} {city}",
        "Lose weight without exercise! {name} is the natural fat burning supplement that doctors recommend. Order your free "
        "trial bottle today. 100% money back guarantee, no prescription required. Click below to buy {name} pills online "
        "before this special offer ends. Thousands of satisfied customers in {city}.",
        "Make money from home with {name}! Earn $500 a day with our crypto trading signals. Join now and start your "
        "passive income today. No experience needed. Click here to claim your exclusive bonus. Limited offer for {city}.",
        "Buy real followers and likes instantly. {name} delivers cheap followers, subscribers and reviews with 24/7 customer "
        "support. Best prices on the market, discounts for bulk orders, money-back guarantee. Buy now and watch your traffic grow.",
        "Compare car insurance quotes in {city} and save $400. {name} finds the cheapest car insurance rates near you. Get your "
        "instant quote online in two minutes. Low cost auto insurance, home insurance deals and more. Call now!",
    ],
}

_HOMEWORK = {
    TUNING: [
        "I need help with my {course} homework. Question 1: explain {topic} in your own words. Question 2: solve for x: "
        "{formula}. Please show all your work. It is due tomorrow and I don't understand any of it. Thanks in advance!",
        "Question {number} of 20 (5 points). Which statement about {topic} is true?\nA) It never happens\nB) It happens "
        "often\nC) Both A and B\nD) None of the above\nCorrect answer: B. View the step-by-step solution and verified answers "
        "to all {course} questions.",
        "Do my {course} assignment for me! Our expert writers deliver plagiarism-free essays on {topic} before your deadline. "
        "Place your order and get better grades. Essay writing service for college students, A+ guaranteed.",
        "Can someone please help me answer this? My teacher said we have to find x. {formula}. I will mark brainliest. "
        "Grade 9 {course}, 10 points. Expert answer: x is {number}. Explanation: divide both sides.",
        "{course} worksheet answer key: {topic}. 1. Fill in the blank: ____. Answer: cells. 2. True or false: {topic} is "
        "important. Answer: true. 3. Multiple choice: circle the best option. Answer: C. 4. Calculate y = {number}. "
        "Show your work.",
    ],
    HELD_OUT: [
        "Hi, could anyone solve these for my {course} class? The professor wants them by midnight.\nProblem 1. {formula}. "
        "Determine the value of the unknown.\nProblem 2. Write a 500 word essay on {topic} in APA format.\n"
        "I am struggling with this assignment and do not know how to start. Thank you in advance.",
        "{course} quiz {number} solutions. Q1: {topic} is best described as (a) a process (b) a state (c) an idea. Answer: a. "
        "Q2: {formula}. Answer: {number}. Q3: select all that apply. Answer: b and c. Unlock all answers with a premium "
        "account. Asked by a student from the university.",
        "Struggling with your {course} coursework? Pay an academic expert to write your paper on {topic}. Turnitin reports "
        "included, 100% original, tight deadlines welcome. Our tutors have helped 10,000 university students get top "
        "grades. Submit your assignment today for homework help in all subjects.",
        "Exercise {number} (10 marks). Evaluate k: {formula}. Explain your reasoning. Sample answer: {number}. Exercise 9 (5 marks). "
        "Describe {topic}. Model solution: see the textbook. Need the rest of the {course} exam answers? "
        "Get the expert solutions.",
        "Someone please do this {course} problem, I'll give five stars! {formula}, what is n? My exam is on Friday "
        "and my instructor gave us no notes on {topic}. Part a) solve it. Part b) show your steps. Solution: n = {number}.",
    ],
}


def seo_spam(half: str, number: int) -> list[str]:
    return list(_pages(_SEO[half], half, number))


def homework(half: str, number: int) -> list[str]:
    return list(_pages(_HOMEWORK[half], half, number))


def _pages(templates: Sequence[str], half: str, number: int) -> Iterator[str]:
    """Pages of one to three templates, some of them with a clean sentence or two between."""
    draw = random.Random(f"{half} {len(templates[0])}")
    for _ in range(number):
        parts = [draw.choice(templates) for _ in range(draw.choice([1, 1, 2, 3]))]
        if draw.random() < 0.5:
            parts.insert(draw.randrange(len(parts) + 1), draw.choice(_CLEAN))
        words = {key: draw.choice(values) for key, values in _SUBJECTS[half].items()}
        yield "\n\n".join(parts).format(number=draw.randint(2, 40), **words)


_CLEAN = [
    "The site was founded in 2009 and is run by a small group of people. It has moved twice since then.",
    "This page was last changed in spring. Pictures may differ from what you see.",
    "Some parts of the text were translated from another language and may read oddly.",
]
